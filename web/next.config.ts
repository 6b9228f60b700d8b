import { join } from 'node:path'
import type { NextConfig } from 'next'

// The generated documents (codegen/gql) and node_modules are in the repository's root, above this folder.
const root = join(import.meta.dirname, '..')

const config: NextConfig = {
  turbopack: {
    root,
    rules: {
      '*': {
        condition: { all: [{ not: 'foreign' }, { path: /\.tsx?$/ }, { content: /\bgraphql\(`/ }] },
        loaders: [join(import.meta.dirname, 'graphql-loader.mjs')],
      },
    },
  },
  outputFileTracingRoot: root,
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  // `npm run types` checks this folder; checking again in the build would double the time of a first start.
  typescript: { ignoreBuildErrors: true },
  experimental: {
    optimizePackageImports: ['@mantine/core', '@mantine/hooks', '@apollo/client'],
    // Next.js buffers the body of a request to a page for proxy.ts and the page, but neither reads it.
    proxyClientMaxBodySize: 4_096,
  },
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'same-origin' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
      ],
    },
  ],
}

export default config
