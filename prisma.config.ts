import { defineConfig } from 'prisma/config'

// The URL is only used by `prisma` commands that a user runs. The application reads DATABASE_URL in env.ts.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'tsx prisma/seed.ts' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/aetherlink' },
})
