/** esbuild (bundles) and vitest (tests) give the text of an imported .sql file. */
declare module '*.sql' {
  const text: string;
  export default text;
}
