'use strict'

const { inherits } = require('node:util')

const { section } = require('../support/section')

/**
 * The ways in which services inherit from kafka-node's constructors: each makes a constructor whose objects have a
 * field `own` and a method `hello`.
 *
 * @type {Record<string, (Base: any) => any>}
 */
const STYLES = {
  class (Base) {
    return class Derived extends Base {
      /** @param {any[]} args */
      constructor (...args) {
        super(...args)
        this.own = 'own'
      }

      hello () { return 'hello' }
    }
  },

  'util.inherits' (Base) {
    /** @this {any} */
    function Derived () {
      Base.apply(this, arguments)
      this.own = 'own'
    }
    inherits(Derived, Base)
    Derived.prototype.hello = () => 'hello'
    return Derived
  },

  'TypeScript for ES5' (Base) {
    return (function (_super) {
      Object.setPrototypeOf(Derived, _super)
      /** @this {any} */
      function Prototype () { this.constructor = Derived }
      Prototype.prototype = _super.prototype
      Derived.prototype = new /** @type {any} */ (Prototype)()
      /** @this {any} */
      function Derived () {
        const self = _super.apply(this, arguments) || this
        self.own = 'own'
        return self
      }
      Derived.prototype.hello = () => 'hello'
      return Derived
    })(Base)
  },

  'Babel 7 for ES5' (Base) {
    return (function (_super) {
      Derived.prototype = Object.create(_super.prototype, { constructor: { value: Derived, writable: true } })
      Object.setPrototypeOf(Derived, _super)
      /** @this {any} */
      function Derived () {
        const self = Reflect.construct(Object.getPrototypeOf(Derived), arguments, this.constructor)
        self.own = 'own'
        return self
      }
      Object.defineProperty(Derived.prototype, 'hello', { value: () => 'hello' })
      return Derived
    })(Base)
  },

  'Babel 6 for ES5' (Base) {
    return (function (_super) {
      Derived.prototype = Object.create(_super && _super.prototype, { constructor: { value: Derived, writable: true } })
      Object.setPrototypeOf(Derived, _super)
      /** @this {any} */
      function Derived () {
        const result = Object.getPrototypeOf(Derived).apply(this, arguments)
        const self = result && typeof result === 'object' ? result : this
        self.own = 'own'
        return self
      }
      Object.defineProperty(Derived.prototype, 'hello', { value: () => 'hello' })
      return Derived
    })(Base)
  },

  CoffeeScript (Base) {
    /** @this {any} */
    function Derived () {
      Derived.__super__.constructor.apply(this, arguments)
      this.own = 'own'
    }
    for (const key in Base) if (Object.hasOwn(Base, key)) /** @type {any} */ (Derived)[key] = Base[key]
    /** @this {any} */
    function Prototype () { this.constructor = Derived }
    Prototype.prototype = Base.prototype
    Derived.prototype = new /** @type {any} */ (Prototype)()
    Derived.__super__ = Base.prototype
    Derived.prototype.hello = () => 'hello'
    return Derived
  },

  'Object.create' (Base) {
    /** @param {any[]} args */
    function Derived (...args) {
      const self = Object.create(Derived.prototype)
      Base.apply(self, args)
      self.own = 'own'
      return self
    }
    Derived.prototype = Object.create(Base.prototype)
    Derived.prototype.constructor = Derived
    Derived.prototype.hello = () => 'hello'
    return Derived
  }
}

/** @param {any} client @returns {Record<string, any[]>} the arguments of each constructor */
function made (client) {
  return {
    KafkaClient: [{ autoConnect: false }],
    Producer: [client],
    HighLevelProducer: [client, { requireAcks: 0 }],
    Consumer: [client, []],
    ConsumerStream: [client, ['t'], {}],
    ConsumerGroup: [{ autoConnect: false, connectOnReady: false, groupId: 'g' }, ['t']],
    Offset: [client],
    Admin: [client],
    KeyedMessage: ['k', 'v'],
    DefaultPartitioner: [],
    CyclicPartitioner: [],
    RandomPartitioner: [],
    KeyedPartitioner: [],
    CustomPartitioner: [() => 0]
  }
}

/** What only functions allow: old compilers' output was never able to extend ES classes. */
const CLASSES = ['ProducerStream', 'ConsumerGroupStream']

/** @type {Record<string, string[]>} public methods, as `for in` finds them */
const METHODS = {
  KafkaClient: ['connect', 'close', 'loadMetadataForTopics', 'refreshMetadata', 'topicExists', 'createTopics', 'on'],
  Producer: ['send', 'createTopics', 'close', 'buildPayloads', 'connect', 'on', 'emit'],
  HighLevelProducer: ['send', 'createTopics', 'close', 'buildPayloads', 'connect', 'on', 'emit'],
  Consumer: ['pause', 'resume', 'setOffset', 'commit', 'autoCommit', 'addTopics', 'removeTopics', 'close', 'on'],
  ConsumerStream: ['close', 'createCommitStream', 'transmitMessages', 'read', 'pipe', 'emit', 'on'],
  ConsumerGroup: ['pause', 'resume', 'setOffset', 'commit', 'autoCommit', 'addTopics', 'removeTopics', 'close', 'on'],
  Offset: ['fetch', 'commit', 'fetchCommits', 'fetchCommitsV1', 'fetchLatestOffsets', 'fetchEarliestOffsets'],
  Admin: ['listGroups', 'listTopics', 'describeGroups', 'createTopics', 'describeConfigs'],
  CyclicPartitioner: ['getPartition'],
  KeyedPartitioner: ['getPartition', 'hashCode']
}

/**
 * A method `nameAsync` for each method, which returns a promise, like those that bluebird's `promisifyAll` adds.
 *
 * @param {any} target
 */
function promisifyAll (target) {
  const names = new Set()
  for (let object = target; object !== Object.prototype; object = Object.getPrototypeOf(object)) {
    for (const name of Object.getOwnPropertyNames(object)) {
      const { value } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(object, name))
      if (typeof value === 'function' && name !== 'constructor' && !name.startsWith('_')) names.add(name)
    }
  }
  for (const name of names) {
    target[`${name}Async`] = /** @this {any} @param {any[]} args */ function (...args) {
      return new Promise((resolve, reject) => {
        this[name](...args, (/** @type {any} */ error, /** @type {any} */ result) => {
          if (error) reject(error)
          else resolve(result)
        })
      })
    }
  }
}

module.exports = section('Inheritance', (scenario) => {
  for (const [style, derive] of Object.entries(STYLES)) {
    scenario(`subclasses: ${style}`, { contract: '1' }, (t) => {
      const client = t.client({ autoConnect: false })
      for (const [name, args] of Object.entries(made(client))) {
        const Base = t.kafka[name]
        const Derived = derive(Base)
        const object = t.attempt(name, () => new Derived(...args))
        t.log(name, object instanceof Derived, object instanceof Base, object.constructor === Derived)
        t.log(name, object.own, object.hello())
      }
    })

    scenario(`a subclass overrides what the constructor calls: ${style}`, { contract: '1' }, (t) => {
      const client = t.client({ autoConnect: false })
      for (const [name, method] of [['Producer', 'connect'], ['Consumer', 'buildPayloads'],
        ['ConsumerGroup', 'setupProtocols'], ['ConsumerStream', 'buildPayloads']]) {
        const Derived = derive(t.kafka[name])
        Object.defineProperty(Derived.prototype, method, {
          /** @this {any} */
          value () {
            t.log(name, method, this instanceof Derived)
            return t.kafka[name].prototype[method].apply(this, arguments)
          }
        })
        t.attempt(name, () => new Derived(...made(client)[name]))
      }
    })

    scenario(`a subclass of an error: ${style}`, { contract: '12.1' }, (t) => {
      for (const name of ['TimeoutError', 'TopicsNotExistError', 'FailedToRegisterConsumerError']) {
        const Base = t.require(`lib/errors/${name}`)
        const error = new (derive(Base))('a message', new Error('the cause'))
        t.log(name, error instanceof Base, error instanceof Error, error.own, error.name, error.message)
        t.log(name, Object.keys(error).filter((key) => key !== 'stack').sort())
        t.log(name, String(error.stack).includes('inheritance.js'))
      }
    })
  }

  scenario('subclasses of the classes', { contract: '1' }, (t) => {
    for (const name of CLASSES) {
      const Derived = STYLES.class(t.kafka[name])
      t.log(name, Derived.prototype instanceof t.kafka[name], Derived.length)
    }
  })

  scenario('a constructor that is called without new', { contract: '1' }, (t) => {
    for (const [name, args] of Object.entries(made(t.client({ autoConnect: false })))) {
      // kafka-node's empty constructors let it pass
      if (['DefaultPartitioner', 'RandomPartitioner', 'KeyedPartitioner'].includes(name)) continue
      const construct = t.kafka[name]
      let thrown = null
      try { construct(...args) } catch (error) { thrown = error }
      t.log(name, thrown instanceof TypeError)
    }
  })

  scenario('objects know their constructor', { contract: '1' }, (t) => {
    for (const [name, args] of Object.entries(made(t.client({ autoConnect: false })))) {
      const Class = t.kafka[name]
      const object = new Class(...args)
      t.log(name, object.constructor === Class, Class.name, Class.length)
      t.log(name, Class.super_ && Class.super_.prototype === Object.getPrototypeOf(Class.prototype))
    }
  })

  scenario('methods can be enumerated', { contract: '1' }, (t) => {
    const args = made(t.client({ autoConnect: false }))
    for (const [name, methods] of Object.entries(METHODS)) {
      const found = []
      for (const key in new t.kafka[name](...args[name])) if (methods.includes(key)) found.push(key)
      t.log(name, found.sort())
    }
    const { Consumer, ConsumerGroup } = t.kafka
    t.log('copied', typeof Object.assign({}, Consumer.prototype).setOffset, 'constructor' in { ...Consumer.prototype })
    t.log('own', Object.keys(ConsumerGroup.prototype).includes('autoCommit'))
  })

  scenario('methods of prototypes can be replaced, and put back', { contract: '1', isolated: true }, (t) => {
    const client = t.client({ autoConnect: false })
    for (const [name, method] of [['Producer', 'send'], ['HighLevelProducer', 'send'], ['Consumer', 'commit'],
      ['Consumer', 'autoCommit'], ['Offset', 'fetchCommitsV1'], ['ConsumerGroup', 'close'], ['KafkaClient', 'close']]) {
      const { prototype } = t.kafka[name]
      const own = Object.getOwnPropertyDescriptor(prototype, method)
      const stub = () => 'stub'
      Object.defineProperty(prototype, method, { value: stub, writable: true, enumerable: true, configurable: true })
      t.log(name, method, new t.kafka[name](...made(client)[name])[method]())
      if (own) Object.defineProperty(prototype, method, own)
      else delete prototype[method]
      t.log(name, method, prototype[method] !== stub, typeof prototype[method])
    }
  })

  scenario('methods that return promises, added to prototypes', { contract: '1', isolated: true }, async (t) => {
    const { Producer, Offset, KafkaClient } = t.kafka
    for (const Class of [Producer, Offset, KafkaClient]) promisifyAll(Class.prototype)
    const topic = await t.topic()
    const client = await t.readyClient()
    const producer = new Producer(client)
    t.log('sent', await producer.sendAsync([{ topic, messages: ['a', 'b'] }]))
    t.log('ends', await new Offset(client).fetchLatestOffsetsAsync([topic]))
    const refused = await client.topicExistsAsync([t.name('missing')]).catch((/** @type {any} */ error) => error)
    t.log('refused', refused)
    await producer.closeAsync()
  })

  for (const [style, derive] of Object.entries(STYLES)) {
    scenario(`subclasses at work: ${style}`, { contract: '1' }, async (t) => {
      const topic = await t.topic()
      const [Client, Producer, Consumer, ConsumerGroup] = ['KafkaClient', 'HighLevelProducer', 'Consumer',
        'ConsumerGroup'].map((name) => derive(t.kafka[name]))
      const client = () => t.closing(new Client({ kafkaHost: t.brokers }))
      const producer = new Producer(client())
      await t.event(producer)
      await t.call('send', (cb) => producer.send([{ topic, messages: ['a', 'b'] }], cb))
      const consumer = t.watch('consumer', new Consumer(client(), [{ topic }], { groupId: t.name('fixed') }),
        ['message', 'error'])
      const options = { kafkaHost: t.brokers, groupId: t.name('group'), fromOffset: 'earliest' }
      const member = t.watch('member', t.closing(new ConsumerGroup(options, topic)), ['message', 'error'],
        { show: (event, [{ value, offset }]) => `${value} ${offset}` })
      await Promise.all([t.seen('consumer', 'message', 2), t.seen('member', 'message', 2)])
      t.log('kinds', consumer.hello(), member.hello(), member.own)
    })
  }
})
