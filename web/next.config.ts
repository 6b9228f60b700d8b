import { join } from 'node:path'
import type { NextConfig } from 'next'

// The repository's root, which contains the generated documents (codegen/gql) and node_modules.
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
  // `npm run types` already checks the types. A second check would double the time of the first `npm start`.
  typescript: { ignoreBuildErrors: true },
  experimental: {
    optimizePackageImports: ['@mantine/core', '@mantine/hooks', '@apollo/client'],
    // Next.js buffers the request body of a page for proxy.ts and the page. Neither of them reads it.
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
