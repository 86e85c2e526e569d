/** Made by scripts/project/build.mjs before the executable; its path in there. */
declare module "*/dist/parts/mqtt-library.js" {
  const path: string;
  export default path;
}
