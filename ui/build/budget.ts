import { gzipSync } from "node:zlib";

import type { Plugin } from "vite";

/** Fail the build when the scripts that the first page needs, gzipped, outgrow their budget. */
export function budget({ initialKilobytes }: { initialKilobytes: number }): Plugin {
  return {
    name: "daytrader-budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === "chunk");
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
      const initial = new Set<string>();
      const visit = (name: string): void => {
        const chunk = byName.get(name);
        if (!chunk || initial.has(name)) return;
        initial.add(name);
        chunk.imports.forEach(visit);
      };
      chunks.filter((chunk) => chunk.isEntry).forEach((chunk) => visit(chunk.fileName));
      const bytes = [...initial].reduce((sum, name) => sum + gzipSync(byName.get(name)?.code ?? "").length, 0);
      const kilobytes = bytes / 1024;
      this.info(`initial scripts: ${kilobytes.toFixed(1)} KB gzip of ${initialKilobytes} KB`);
      if (kilobytes > initialKilobytes) {
        this.error(`initial scripts are ${kilobytes.toFixed(1)} KB gzip, more than ${initialKilobytes} KB`);
      }
    },
  };
}
