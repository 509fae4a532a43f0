export interface Logger {
  debug (message: any, ...args: any[]): void
  info (message: any, ...args: any[]): void
  warn (message: any, ...args: any[]): void
  error (message: any, ...args: any[]): void
}

/**
 * Decides where logs go. Loggers are created when `kafka-node` is loaded, so call this before.
 *
 * @param provider called with a logger's name, such as `kafka-node:Consumer`; returns the logger, whose methods are
 *   called like `console.log`, with a text that may contain `%s`, `%d` and `%j`
 */
export function setLoggerProvider (provider: (name: string) => Logger): void
