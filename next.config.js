/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Native and self-locating packages: they are loaded by Node as they are, never bundled.
  serverExternalPackages: ['pg', '@node-rs/argon2', '@prisma/client', '@prisma/adapter-pg', 'canonicalize'],
  // `npm run check` does both for the whole repository; doing it again here would only make a start slower.
  typescript: { ignoreBuildErrors: true },
  // Titles come with the head of every page. Streamed after it, a page that is there has none for a moment: a screen reader says nothing.
  htmlLimitedBots: /.*/,
  experimental: { serverActions: { bodySizeLimit: '64kb' } },
};

export default config;
