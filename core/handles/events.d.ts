import { ErrorData } from '../errors'
import { Answer, ConsumerOptions, Event, ProducerOptions, Request } from '../protocol'

// The events, requests, answers and options of `../protocol.d.ts` under names of their own.

type Named<Type extends Event['type']> = Extract<Event, { type: Type }>

export type AnsweredEvent = Named<'answered'>
export type AssignedEvent = Named<'assigned'>
export type AssignorRequestedEvent = Named<'assignorRequested'>
export type CertificateEvent = Named<'certificate'>
export type ErrorEvent = Named<'error'>
export type ReplyEvent = Named<'reply'>
export type RevokedEvent = Named<'revoked'>

/** An error about a partition, such as a position that is out of range. */
export type PartitionErrorEvent = ErrorEvent & { topic: string, partition: number }

/** What a handle's owner hears of; the rest handles deal with themselves. */
export type HandleEvent = Exclude<Event, { type: 'reply' | 'committed' | 'closed' }>

export type Op = Request['op']

type RequestOf<O extends Op> = Extract<Request, { op: O }>

/** A request of this kind. The `op` stands for itself so that the compiler finds it. */
export type Asking<O extends Op> = { op: O } & RequestOf<O>

/** The same, before it is known how long it may take. */
export type AskingAnyTime<O extends Op> = { op: O, timeout?: number } & Omit<RequestOf<O>, 'timeout'>

type Results = { [A in Answer as A['op']]: A['result'] }

/** What a request of this kind is answered with. */
export type Result<O extends Op> = Results[O]

/** A request's callback, declared as Node declares its own: with an error there is no result. */
export type Answered<O extends Op, E = ErrorData> = (error: E | null, result: Result<O>) => void

/** What a client's handles have in common, whichever kind they are; `librdkafka` depends on the kind. */
export type ClientOptions =
  Omit<Pick<ProducerOptions, keyof ProducerOptions & keyof ConsumerOptions>, 'librdkafka' | 'queueKbytes'>
