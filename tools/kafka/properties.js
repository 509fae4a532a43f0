'use strict'

/**
 * What each supported version of Kafka is made of. 3.9 is the last that can run on ZooKeeper, and the newest that
 * kafka-node itself can speak to.
 *
 * @typedef {object} Release
 * @property {string} version
 * @property {'kraft' | 'zookeeper'} mode
 * @property {string[]} artifacts Maven coordinates of the jars, `group:artifact:version`
 * @property {string} logConfigName
 * @property {string} logConfigFlag the JVM flag that takes the file's path
 */

/**
 * A user's own broker properties: added to ours, or a function that takes ours and the broker's folder and returns all
 * of them.
 *
 * @typedef {Record<string, string | number | boolean> |
 *   ((base: Record<string, any>, dir: string) => Promise<Record<string, any>>)} MoreProperties
 */

/** @type {Record<'4' | '3.9', Release>} */
const RELEASES = {
  4: {
    version: '4.3.1',
    mode: 'kraft',
    // Kafka's Maven dependencies include no log backend; without one a failing broker says nothing.
    artifacts: [
      'org.apache.kafka:kafka_2.13:4.3.1',
      'org.apache.kafka:kafka-tools:4.3.1',
      'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4'
    ],
    logConfigName: 'log4j2.properties',
    logConfigFlag: '-Dlog4j2.configurationFile='
  },
  3.9: {
    version: '3.9.1',
    mode: 'zookeeper',
    artifacts: ['org.apache.kafka:kafka_2.13:3.9.1', 'org.apache.kafka:kafka-tools:3.9.1'],
    logConfigName: 'log4j.properties',
    logConfigFlag: '-Dlog4j.configuration=file:'
  }
}

/**
 * @param {string | undefined} name
 * @returns {Release}
 */
function release (name = '4') {
  if (name === '4' || name === '3.9') return RELEASES[name]
  throw new Error(`Kafka version ${JSON.stringify(name)} is not known here: use '4' (${RELEASES[4].version}) or ` +
    `'3.9' (${RELEASES['3.9'].version})`)
}

/**
 * The text of a Java properties file. Values are ours (ports, numbers, paths); a backslash is the one character in
 * them that has a meaning in the format.
 *
 * @param {Record<string, string | number | boolean>} properties
 * @returns {string}
 */
function formatProperties (properties) {
  return Object.entries(properties).map(([key, value]) => `${key}=${String(value).replace(/\\/g, '\\\\')}\n`).join('')
}

/**
 * Properties that both modes share: replication that a single node can provide, groups that start at once, and small
 * buffers.
 *
 * @param {number} replicas how many copies the internal topics have
 */
function common (replicas) {
  return {
    'auto.create.topics.enable': true,
    'delete.topic.enable': true,
    'num.partitions': 1,
    'default.replication.factor': replicas,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 5,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.min(replicas, 2),
    'log.retention.ms': -1,
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4
  }
}

/**
 * Kafka 4: one process is broker and controller.
 *
 * @param {object} node
 * @param {number} node.id
 * @param {number} node.port where clients connect
 * @param {number} node.controllerPort
 * @param {string} node.dataDir
 * @param {{ id: number, controllerPort: number }[]} [node.voters] all controllers of the cluster; default: this one
 * @returns {Record<string, string | number | boolean>}
 */
function kraftProperties ({ id, port, controllerPort, dataDir, voters = [{ id, controllerPort }] }) {
  const replicas = Math.min(voters.length, 3)
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters.map((voter) => `${voter.id}@127.0.0.1:${voter.controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDir,
    // The controller does not let a killed broker back in until its old session is over: 9 s by default.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 250,
    'share.coordinator.state.topic.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': Math.min(replicas, 2),
    ...common(replicas)
  }
}

/**
 * Kafka 3.9 on ZooKeeper.
 *
 * @param {object} node
 * @param {number} node.id
 * @param {number} node.port where clients connect
 * @param {number} node.zookeeperPort
 * @param {string} node.dataDir
 * @param {number} [node.replicas]
 * @returns {Record<string, string | number | boolean>}
 */
function zookeeperModeProperties ({ id, port, zookeeperPort, dataDir, replicas = 1 }) {
  return {
    'broker.id': id,
    // Ids above 1000 are reserved for brokers that take one from ZooKeeper, unless this is raised.
    'reserved.broker.max.id': Math.max(id, 1000),
    'zookeeper.connect': `127.0.0.1:${zookeeperPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': dataDir,
    'controlled.shutdown.max.retries': 1,
    ...common(replicas)
  }
}

/**
 * @param {{ port: number, dataDir: string }} options
 * @returns {Record<string, string | number | boolean>}
 */
function zookeeperProperties ({ port, dataDir }) {
  return {
    dataDir,
    clientPort: port,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
    maxClientCnxns: 0
  }
}

/**
 * Logging to standard output, which goes to a file next to the data, so that it also holds a crash of the JVM itself.
 *
 * @param {Release} release
 * @returns {string}
 */
function logConfig ({ mode }) {
  const pattern = '[%d] %p %m (%c)%n'
  if (mode === 'zookeeper') {
    return formatProperties({
      'log4j.rootLogger': 'INFO, out',
      'log4j.appender.out': 'org.apache.log4j.ConsoleAppender',
      'log4j.appender.out.layout': 'org.apache.log4j.PatternLayout',
      'log4j.appender.out.layout.ConversionPattern': pattern
    })
  }
  return formatProperties({
    status: 'warn',
    'rootLogger.level': 'info',
    'rootLogger.appenderRef.out.ref': 'out',
    'appender.out.type': 'Console',
    'appender.out.name': 'out',
    'appender.out.layout.type': 'PatternLayout',
    'appender.out.layout.pattern': pattern
  })
}

/**
 * The JVM's arguments up to the main class. Stopping at the first compiler tier takes half a second off a start; a
 * benchmark may put `-XX:TieredStopAtLevel=4` into `jvmOptions`, which come last and win.
 *
 * @param {object} options
 * @param {Release} options.release
 * @param {string} options.jars the folder of jars
 * @param {string} options.dir holds the log configuration, and the JVM's own temporary files
 * @param {number} options.heapMb
 * @param {string[]} [options.jvmOptions]
 * @returns {string[]}
 */
function jvmArguments ({ release, jars, dir, heapMb, jvmOptions = [] }) {
  return [
    `-Xmx${heapMb}m`, `-Xms${Math.ceil(heapMb / 2)}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1',
    // Both would leave files in the system's temporary folder when the JVM is killed.
    '-XX:-UsePerfData', `-Djava.io.tmpdir=${dir}`,
    '-Djava.awt.headless=true', `${release.logConfigFlag}${dir}/${release.logConfigName}`,
    ...jvmOptions,
    '-cp', `${jars}/*`
  ]
}

module.exports = {
  RELEASES,
  release,
  formatProperties,
  kraftProperties,
  zookeeperModeProperties,
  zookeeperProperties,
  logConfig,
  jvmArguments
}
