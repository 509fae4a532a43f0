'use strict'

const errors = require('../internal/errors')

module.exports = {
  ApiNotSupportedError: errors.ApiNotSupportedError,
  BrokerNotAvailableError: errors.BrokerNotAvailableError,
  TopicsNotExistError: errors.TopicsNotExistError,
  FailedToRegisterConsumerError: errors.FailedToRegisterConsumerError,
  InvalidConsumerOffsetError: errors.InvalidConsumerOffsetError,
  FailedToRebalanceConsumerError: errors.FailedToRebalanceConsumerError,
  InvalidConfigError: errors.InvalidConfigError,
  SaslAuthenticationError: errors.SaslAuthenticationError,
  InvalidRequestError: errors.InvalidRequestError,
  QueueFullError: errors.QueueFullError,
  // what a ConsumerGroup recovers from by rejoining
  ConsumerGroupErrors: [
    errors.GroupCoordinatorNotAvailableError,
    errors.GroupLoadInProgressError,
    errors.HeartbeatTimeoutError,
    errors.IllegalGenerationError,
    errors.NotCoordinatorForGroupError,
    errors.RebalanceInProgressError,
    errors.UnknownMemberIdError
  ]
}
