import type * as PromClient from 'prom-client'

/** What `register` needs of `prom-client` 15, which is the user's own. */
export type Client = Pick<typeof PromClient, 'Counter' | 'Gauge' | 'Histogram' | 'register'>

export interface RegisterOptions {
  /** Where the metrics go. Default: the default registry of `client`. */
  registry?: PromClient.Registry<any>
  /** What their names begin with. Default: `kafka_`. */
  prefix?: string
}

/**
 * Adds metrics of all clients of this process, of both APIs, to a registry: `docs/observability.md` lists them. Those of
 * librdkafka's statistics are there for clients with the option `statisticsInterval`.
 *
 * @param client the module `prom-client`
 * @returns takes the metrics out of the registry, and ends the counting
 * @throws if `client` is not `prom-client`, or the registry has metrics of the same names; nothing is registered then
 */
export function register (client: Client, options?: RegisterOptions): () => void
