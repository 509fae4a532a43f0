'use strict'

// What KafkaJS's admin clients are asked, with good and bad arguments.

const ACL = {
  resourceType: 2, resourceName: 't', resourcePatternType: 3,
  principal: 'User:b', host: '*', operation: 3, permissionType: 3
}

/** @param {any} topics @returns {any} */
const creating = (topics) => ({ topics, waitForLeaders: false })

/** @type {Record<string, any[]>} good and bad arguments of each method, by how a program may call it */
const REQUESTS = {
  listTopics: [[]],
  fetchTopicOffsets: [['$a'], ['$b'], ['$b'], [], [5], [''], ['no-such-topic']],
  fetchTopicOffsetsByTimestamp: [['$a'], ['$b', 0], ['$b', 1600000000000], ['$a', 1600000000001], ['$a', -1], [5],
    ['no-such-topic'], ['$a', '1600000000000'], ['$a', null]],
  fetchTopicMetadata: [{ topics: ['$a'] }, { topics: ['$a', '$b'] }, { topics: [5] }, { topics: [''] },
    { topics: ['no-such-topic'] }, { topics: '$a' }, { topics: ['$new'] }].map((argument) => [argument]),
  fetchOffsets: [{ groupId: '$group' }, { groupId: '$group', topics: ['$a', '$b'] }, { groupId: '$group', topics: [] },
    {}, { groupId: '' }, { groupId: '$group', topics: 5 }, { groupId: '$group', topics: ['$b'], resolveOffsets: true },
    { groupId: '$group', topics: ['no-such-topic'] }, { groupId: '$group', topics: '$a' }]
    .map((argument) => [argument]),
  createTopics: [[{ topic: '$a' }], [{ topic: '$new', numPartitions: 2 }], [{ topic: '$new' }, { topic: '$a' }],
    [{ topic: 'bad/name' }], [{ topic: '$new', replicationFactor: 9 }], [], [{ topic: '$new' }, { topic: '$new' }],
    [{ topic: 5 }], [{}], [{ topic: '$new', configEntries: [{ name: 'retention.ms', value: '1000' }] }],
    [{ topic: '$new', configEntries: [{ name: 'no.such.entry', value: '1' }] }], [{ topic: '$new', configEntries: 5 }],
    [{ topic: '$new', configEntries: [{ name: 'retention.ms', value: 5 }] }], [{ topic: '$new', numPartitions: 0 }],
    [{ topic: '$new', replicaAssignment: [{ partition: 0, replicas: [1] }] }], [null], 5, undefined, {}]
    .map((topics) => [creating(topics)]),
  deleteTopics: [{ topics: ['$new'] }, { topics: ['no-such-topic'] }, { topics: [] }, { topics: [5] }, {},
    { topics: '$new' }].map((argument) => [argument]),
  createPartitions: [[{ topic: '$b', count: 4 }], [{ topic: '$b', count: 2 }], [{ topic: '$b', count: 3 }],
    [{ topic: '$a', count: 0 }], [{ topic: 'no-such-topic', count: 5 }], [], undefined, [{ topic: 5 }],
    [{ topic: '$a', count: 2 }, { topic: '$a', count: 3 }], [{ topic: '$a', count: 2, assignments: [[1]] }],
    [{ topic: '$a', count: 2, assignments: [[99]] }]].map((topicPartitions) => [{ topicPartitions }]),
  describeCluster: [[]],
  describeConfigs: [[{ type: 2, name: '$a', configNames: ['retention.ms'] }],
    [{ type: 2, name: '$b', configNames: [] }], [{ type: 2, name: '$a', configNames: ['no.such.entry'] }],
    [{ type: 2, name: 'no-such-topic' }], [{ type: 99, name: 'x' }], [{ type: 2 }], [], undefined,
    [{ type: 2, name: 'x', configNames: 5 }], [{ type: 4, name: '99' }], [null],
    [{ type: 4, name: '1', configNames: ['log.retention.hours', 'broker.id'] }]].map((resources) => [{ resources }]),
  alterConfigs: [[{ type: 2, name: '$a', configEntries: [{ name: 'retention.ms', value: '90000000' }] }],
    [{ type: 2, name: '$a', configEntries: [{ name: 'retention.ms', value: 'x' }] }],
    [{ type: 2, name: '$a', configEntries: [{ name: 'no.such.entry', value: '1' }] }],
    [{ type: 2, name: 'no-such-topic', configEntries: [{ name: 'retention.ms', value: '1000' }] }],
    [{ type: 2, name: '$a', configEntries: [] }], [], undefined, [{ type: 2, name: '$a' }], [{ type: 99, name: 'x' }],
    [{ type: 2, name: '$a', configEntries: [{ name: 'y' }] }],
    [{ type: 2, name: '$a', configEntries: [{ name: 'y', value: 5 }] }]]
    .flatMap((resources) => [[{ resources }], [{ resources, validateOnly: true }]]),
  listGroups: [[]],
  describeGroups: [[['$group']], [[]], [['no-such-group']], [['$group', 'no-such-group']]],
  deleteGroups: [[['$group']], [[]], [['no-such-group']], [], [[5]], ['$group']],
  createAcls: [{ acl: [ACL] }, {}, { acl: [] }, { acl: [{}] }, { acl: [{ ...ACL, operation: 99 }] }]
    .map((argument) => [argument]),
  describeAcls: [ACL, { ...ACL, host: 5 }, { ...ACL, resourceType: 99 }, {}].map((argument) => [argument]),
  deleteAcls: [{ filters: [ACL] }, {}, { filters: [] }, { filters: [{ ...ACL, principal: 5 }] }]
    .map((argument) => [argument]),
  alterPartitionReassignments: [[{ topic: '$a', partitionAssignment: [{ partition: 0, replicas: [1] }] }], undefined,
    [{ topic: '$a' }], [{ topic: '$a', partitionAssignment: [{ partition: -1 }] }], [{ topic: 5 }],
    [{ topic: 'no-such-topic', partitionAssignment: [{ partition: 0, replicas: [1] }] }],
    [{ topic: '$a', partitionAssignment: [{ partition: 0, replicas: [99] }] }]].map((topics) => [{ topics }]),
  listPartitionReassignments: [[], [{ topics: [{ topic: '$a', partitions: [0] }] }], [{ topics: 5 }],
    [{ topics: [{ topic: '$a' }] }], [{ topics: [{ topic: 'no-such-topic', partitions: [0] }] }]]
}

/** Of `deleteTopicRecords`. */
const RECORDS = [{ topic: '$b', partitions: [{ partition: 0, offset: '1' }] },
  { topic: '$b', partitions: [{ partition: 1, offset: '-1' }] },
  { topic: '$b', partitions: [{ partition: 0, offset: '99' }] },
  { topic: '$b', partitions: [{ partition: 9, offset: '1' }] }, { topic: '$b', partitions: [] }, {}, { topic: 5 },
  { topic: 'no-such-topic', partitions: [{ partition: 0, offset: '1' }] }]

/** Those that take KafkaJS 5 s and more. */
const SLOW = {
  setOffsets: [{ groupId: '$group', topic: '$b', partitions: [{ partition: 0, offset: '2' }] },
    { groupId: '$group', topic: '$b', partitions: [{ partition: 1, offset: '-2' }] }].map((argument) => [argument]),
  resetOffsets: [{ groupId: '$group', topic: '$b', earliest: true }, { groupId: '$group', topic: '$b' }]
    .map((argument) => [argument])
}
const REFUSED = {
  setOffsets: [{}, { groupId: '$group' }, { groupId: '$group', topic: '$b' },
    { groupId: '$group', topic: '$b', partitions: [] }].map((argument) => [argument]),
  resetOffsets: [{}, { groupId: '$group' }].map((argument) => [argument])
}

module.exports = { RECORDS, REFUSED, REQUESTS, SLOW }
