'use strict'

module.exports = {
  ApiNotSupportedError: require('./ApiNotSupportedError'),
  BrokerNotAvailableError: require('./BrokerNotAvailableError'),
  TopicsNotExistError: require('./TopicsNotExistError'),
  FailedToRegisterConsumerError: require('./FailedToRegisterConsumerError'),
  InvalidConsumerOffsetError: require('./InvalidConsumerOffsetError'),
  FailedToRebalanceConsumerError: require('./FailedToRebalanceConsumerError'),
  InvalidConfigError: require('./InvalidConfigError'),
  SaslAuthenticationError: require('./SaslAuthenticationError'),
  InvalidRequestError: require('./InvalidRequestError'),
  QueueFullError: require('../internal/errors/QueueFullError'),
  // what a ConsumerGroup recovers from by rejoining
  ConsumerGroupErrors: [
    require('./GroupCoordinatorNotAvailableError'),
    require('./GroupLoadInProgressError'),
    require('./HeartbeatTimeoutError'),
    require('./IllegalGenerationError'),
    require('./NotCoordinatorForGroupError'),
    require('./RebalanceInProgressError'),
    require('./UnknownMemberIdError')
  ]
}
