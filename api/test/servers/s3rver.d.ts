declare module 's3rver' {
  import type { RequestListener } from 'node:http'

  /** A Koa application that speaks the S3 protocol and stores objects in a directory. */
  export default class S3rver {
    constructor(options: { directory: string; silent?: boolean; configureBuckets?: { name: string }[] })
    configureBuckets(): Promise<unknown>
    callback(): RequestListener
  }
}
