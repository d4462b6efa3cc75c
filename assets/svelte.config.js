import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
  // An accessibility warning of the compiler is a bug: the build stops on it.
  onwarn(warning) {
    throw new Error(`${warning.code}: ${warning.message} (${warning.filename})`);
  },
};
