import type * as OpenTelemetry from '@opentelemetry/api'

/** What `register` needs of `@opentelemetry/api`, which is the user's own. */
export type Api = Pick<typeof OpenTelemetry, 'SpanKind' | 'SpanStatusCode' | 'context' | 'diag' | 'isSpanContextValid' |
  'metrics' | 'propagation' | 'trace'>

export interface RegisterOptions {
  /**
   * Whether the records of a send get headers with its context, as the propagator of `api` writes them, so that their
   * consumers' spans belong to the same trace. Default: true.
   */
  inject?: boolean
  /** Whose metrics they are. Default: the one that `api.metrics` has when `register` is called. */
  meterProvider?: OpenTelemetry.MeterProvider
  /** Whose spans they are. Default: that of `api.trace`, which may be set later. */
  tracerProvider?: OpenTelemetry.TracerProvider
}

/**
 * Makes spans and metrics of all clients of this process, of both APIs: `docs/observability.md` lists them. Those of
 * librdkafka's statistics are there for clients with the option `statisticsInterval`.
 *
 * @param api the module `@opentelemetry/api`
 * @returns ends it; metrics that are there already keep their last values
 * @throws if `api` is not `@opentelemetry/api`, or if this is registered already
 */
export function register (api: Api, options?: RegisterOptions): () => void
