import { defineConfig } from 'prisma/config'

// The URL is only read by `prisma` commands that a person runs; the application takes DATABASE_URL from env.ts.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'tsx prisma/seed.ts' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/aetherlink' },
})
