// What the sample in docs/observability.md needs of the package.
export class NodeSDK {
  constructor (configuration?: { serviceName?: string })
  start (): void
  shutdown (): Promise<void>
}
