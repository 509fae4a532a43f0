'use strict'

/**
 * The consumers of one `Kafka` that are members of a group: whoever commits their offsets in a transaction has the
 * broker check that they still are.
 *
 * @typedef {object} MemberIdentity `MemberIdentity` of src/ffi/transactions.rs
 * @property {number} generationId
 * @property {string} memberId
 * @property {string | null} groupInstanceId
 *
 * @typedef {(() => MemberIdentity | null) & { groupId: string }} TellIdentity
 * @typedef {{ [MEMBER_IDENTITY]?: TellIdentity }} Member a consumer
 */
class GroupMembers {
  constructor () {
    /** @type {Map<string, Set<() => MemberIdentity | null>>} */
    this.byGroup = new Map()
  }

  /**
   * @param {string} groupId
   * @param {() => MemberIdentity | null} identity of now; null while it is no member
   * @returns {() => void} takes it away again
   */
  add (groupId, identity) {
    const members = this.byGroup.get(groupId) || new Set()
    this.byGroup.set(groupId, members.add(identity))
    return () => {
      members.delete(identity)
      if (members.size === 0 && this.byGroup.get(groupId) === members) this.byGroup.delete(groupId)
    }
  }

  /**
   * @param {string} groupId
   * @returns {MemberIdentity | null} null when there is none, or it cannot be told which one is meant
   */
  only (groupId) {
    const members = [...this.byGroup.get(groupId) || []].map(identity => identity()).filter(Boolean)
    return members.length === 1 ? members[0] : null
  }
}

/** Under this name a consumer has the function that tells its identity, with `groupId`. */
const MEMBER_IDENTITY = Symbol('memberIdentity')

module.exports = { GroupMembers, MEMBER_IDENTITY }
