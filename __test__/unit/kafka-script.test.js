'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const zlib = require('node:zlib')

const { parseArguments } = require('../../tools/kafka/args')
const { cacheRoot, pom } = require('../../tools/kafka/jars')
const {
  release, formatProperties, kraftProperties, zookeeperModeProperties, zookeeperProperties, logConfig, jvmArguments
} = require('../../tools/kafka/properties')
const { notReady } = require('../../tools/kafka/ready')
const { missingToolsMessage, parseJavaMajor } = require('../../tools/kafka/tools')
const { parseAddress } = require('../../tools/kafka/wire')
const { DECOMPRESS, snappy, lz4 } = require('../support/codecs')

describe('arguments of tools/kafka/cli.js', () => {
  it('defaults to Kafka 4 on a random port', () => {
    assert.deepEqual(parseArguments(['start']),
      { command: 'start', version: '4', port: undefined, topics: [], detach: false })
  })

  it('takes a version, a port, topics and --detach, with a space or an equals sign', () => {
    const argv = ['start', '--version=3.9', '--port', '9092', '--topic', 'test:3', '--topic=one', '--detach']
    assert.deepEqual(parseArguments(argv), {
      command: 'start',
      version: '3.9',
      port: 9092,
      topics: [{ name: 'test', partitions: 3 }, { name: 'one', partitions: 1 }],
      detach: true
    })
  })

  it('shows its usage without arguments', () => {
    for (const argv of [[], ['--help'], ['start', '-h']]) assert.equal(parseArguments(argv).command, 'help')
  })

  it('names what is wrong', () => {
    /** @type {[string[], RegExp][]} */
    const cases = [
      [['begin'], /Unknown command "begin"/],
      [['start', '--port', '70000'], /--port "70000" is not a number from 1 to 65535/],
      [['start', '--port'], /--port needs a value/],
      [['start', '--version', '2'], /--version "2" is not 4 or 3\.9/],
      [['start', '--topic', 'test:0'], /--topic "test:0" is not name:partitions/],
      [['start', '--topic', 'a b'], /--topic "a b"/],
      [['stop', '--topic', 'test'], /stop knows no option "--topic"/]
    ]
    for (const [argv, message] of cases) assert.throws(() => parseArguments(argv), message)
  })
})

describe('configuration of the started Kafka', () => {
  it('is KRaft for 4, and ZooKeeper for 3.9', () => {
    assert.equal(release('4').mode, 'kraft')
    assert.equal(release('3.9').mode, 'zookeeper')
    assert.throws(() => release('2.8'), /Kafka version "2\.8" is not known here: use '4' .* or '3\.9'/)
  })

  it('listens on the loopback address only', () => {
    const kraft = kraftProperties({ id: 1, port: 20001, controllerPort: 20002, dataDir: '/data' })
    const classic = zookeeperModeProperties({ id: 1001, port: 20001, zookeeperPort: 20003, dataDir: '/data' })
    assert.equal(kraft.listeners, 'PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002')
    for (const properties of [kraft, classic]) {
      assert.equal(properties['advertised.listeners'], 'PLAINTEXT://127.0.0.1:20001')
    }
    assert.equal(classic.listeners, 'PLAINTEXT://127.0.0.1:20001')
    assert.equal(zookeeperProperties({ port: 20003, dataDir: '/zk' }).clientPortAddress, '127.0.0.1')
  })

  it('lets a single node hold every internal topic, and a group start at once', () => {
    const properties = kraftProperties({ id: 1, port: 1, controllerPort: 2, dataDir: '/data' })
    assert.equal(properties['offsets.topic.replication.factor'], 1)
    assert.equal(properties['transaction.state.log.min.isr'], 1)
    assert.equal(properties['group.initial.rebalance.delay.ms'], 0)
  })

  it('replicates when there are three nodes', () => {
    const voters = [{ id: 1, controllerPort: 11 }, { id: 2, controllerPort: 12 }, { id: 3, controllerPort: 13 }]
    const properties = kraftProperties({ id: 2, port: 1, controllerPort: 12, dataDir: '/data', voters })
    assert.equal(properties['controller.quorum.voters'], '1@127.0.0.1:11,2@127.0.0.1:12,3@127.0.0.1:13')
    assert.equal(properties['offsets.topic.replication.factor'], 3)
    assert.equal(properties['transaction.state.log.min.isr'], 2)
  })

  it('allows broker id 1001, which Kafka otherwise reserves', () => {
    const properties = zookeeperModeProperties({ id: 1001, port: 1, zookeeperPort: 2, dataDir: '/data' })
    assert.equal(properties['broker.id'], 1001)
    assert.equal(properties['reserved.broker.max.id'], 1001)
  })

  it('is written as a Java properties file', () => {
    assert.equal(formatProperties({ a: 1, b: true, c: 'C:\\x' }), 'a=1\nb=true\nc=C:\\\\x\n')
  })

  it('logs to standard output through the back end of each version', () => {
    assert.match(logConfig(release('3.9')), /^log4j\.rootLogger=INFO, out$/m)
    assert.match(logConfig(release('4')), /^rootLogger\.level=info$/m)
  })

  it('puts the JVM options of the caller last, where they win', () => {
    const args = jvmArguments({
      release: release('4'), jars: '/jars', dir: '/dir', heapMb: 512, jvmOptions: ['-XX:TieredStopAtLevel=4']
    })
    assert.ok(args.indexOf('-XX:TieredStopAtLevel=4') > args.indexOf('-XX:TieredStopAtLevel=1'))
    assert.deepEqual(args.slice(-2), ['-cp', '/jars/*'])
    assert.ok(args.includes('-Dlog4j2.configurationFile=/dir/log4j2.properties'))
  })

  it('asks Maven for the jars of exactly one version', () => {
    assert.match(pom(release('3.9')), /<artifactId>kafka_2\.13<\/artifactId><version>3\.9\.1<\/version>/)
    assert.match(pom(release('4')), /<artifactId>kafka-tools<\/artifactId><version>4\.3\.1<\/version>/)
  })

  it('keeps the jars outside the checkout', () => {
    assert.equal(cacheRoot({ KAFKA_NODE_NATIVE_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a')
    assert.equal(cacheRoot({ XDG_CACHE_HOME: '/b' }), '/b/kafka-node-native')
    assert.match(cacheRoot({}), /\.cache.kafka-node-native$/)
  })
})

describe('missing tools', () => {
  it('are named with the commands that install them', () => {
    const message = missingToolsMessage({ java: 0, maven: false })
    assert.match(String(message), /java \(17 or newer\) and mvn \(Maven\) missing/)
    assert.match(String(message), /apt-get install -y openjdk-17-jre-headless maven$/m)
    assert.match(String(message), /brew install openjdk@17 maven$/m)
    assert.match(String(message), /KAFKA_BROKERS=host:port/)
  })

  it('include a Java that is too old', () => {
    const message = missingToolsMessage({ java: 11, maven: true })
    assert.match(String(message), /java 17 or newer \(found: 11\) missing/)
    assert.match(String(message), /apt-get install -y openjdk-17-jre-headless$/m)
  })

  it('are none when both are there', () => {
    assert.equal(missingToolsMessage({ java: 21, maven: true }), null)
  })

  it('are told from what java -version prints', () => {
    assert.equal(parseJavaMajor('openjdk version "17.0.15" 2025-04-15'), 17)
    assert.equal(parseJavaMajor('java version "1.8.0_392"'), 8)
    assert.equal(parseJavaMajor('openjdk version "25" 2025-09-16'), 25)
    assert.equal(parseJavaMajor('No Java runtime present'), 0)
  })
})

describe('readiness', () => {
  const broker = { id: 1, host: '127.0.0.1', port: 9092 }
  const topic = (/** @type {number} */ leader) =>
    ({ error: 0, name: 'test', partitions: [{ error: 0, id: 0, leader, replicas: [1], isr: [1] }] })

  it('needs a broker, a controller and a leader for each partition', () => {
    assert.match(String(notReady({ brokers: [], controllerId: 1, topics: [] }, [])?.reason), /no broker/)
    assert.match(String(notReady({ brokers: [broker], controllerId: -1, topics: [] }, [])?.reason), /no controller/)
    assert.equal(notReady({ brokers: [broker], controllerId: 1, topics: [topic(-1)] }, [])?.reason,
      'partition 0 of topic test has no leader')
    assert.equal(notReady({ brokers: [broker], controllerId: 1, topics: [topic(1)] }, ['test']), null)
  })

  it('needs the brokers that it is told about', () => {
    const answer = { brokers: [broker], controllerId: 1, topics: [] }
    assert.equal(notReady(answer, [], [1]), null)
    assert.equal(notReady(answer, [], [1, 2])?.reason, 'it does not name broker 2')
  })

  it('needs the topics that were there before', () => {
    assert.match(String(notReady({ brokers: [broker], controllerId: 1, topics: [] }, ['test'])?.reason), /topic test/)
  })
})

describe('addresses', () => {
  it('are read from a list, with IPv6 in brackets', () => {
    assert.deepEqual(parseAddress('kafka:9092,other:9093'), { host: 'kafka', port: 9092 })
    assert.deepEqual(parseAddress('[::1]:9092'), { host: '::1', port: 9092 })
    assert.throws(() => parseAddress('kafka'), /"kafka" is not a list of host:port/)
  })
})

describe('decompression in the log reader', () => {
  it('reads gzip', () => {
    assert.equal(DECOMPRESS[1](zlib.gzipSync('text')).toString(), 'text')
  })

  it('reads snappy, with literals and matches that overlap', () => {
    // size 11; literal "ab"; match of 9 at distance 2
    const block = Buffer.from([11, 0x04, 0x61, 0x62, 0x15, 0x02])
    assert.equal(snappy(block).toString(), 'abababababa')
  })

  it('reads snappy in the framing of Java clients', () => {
    const block = Buffer.from([2, 0x04, 0x61, 0x62])
    const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
    const size = Buffer.from([0, 0, 0, block.length])
    assert.equal(snappy(Buffer.concat([header, size, block, size, block])).toString(), 'abab')
  })

  it('reads an LZ4 frame, with compressed and stored blocks', () => {
    // token: 2 literals, match of 4 + 3 at distance 2; then the last literals
    const compressed = Buffer.from([0x23, 0x61, 0x62, 2, 0, 0x10, 0x63])
    const frame = Buffer.concat([
      Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]),
      Buffer.from([compressed.length, 0, 0, 0]), compressed,
      Buffer.from([1, 0, 0, 0x80, 0x64]),
      Buffer.alloc(4)
    ])
    assert.equal(lz4(frame).toString(), 'ababababa' + 'c' + 'd')
  })
})
