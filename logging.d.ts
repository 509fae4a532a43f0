export interface Logger {
  debug (message: any, ...args: any[]): void
  info (message: any, ...args: any[]): void
  warn (message: any, ...args: any[]): void
  error (message: any, ...args: any[]): void
}

/**
 * Decides where logs go. Loggers are made as the package loads, so call this before `kafka-node` is loaded.
 *
 * @param provider called with a logger's name, such as `kafka-node:Consumer`; returns the logger, whose methods are called
 *   as `console.log` is, with a text that may have `%s`, `%d` and `%j`
 */
export function setLoggerProvider (provider: (name: string) => Logger): void
