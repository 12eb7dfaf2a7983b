import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { budget } from "./build/budget";
import { precompress } from "./build/precompress";
import { themeVariables } from "./build/themeVariables";

const SERVER = process.env["DAYTRADER_ADDRESS"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/ui/",
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  plugins: [react(), themeVariables(), budget({ initialKilobytes: 250 }), precompress()],
  build: {
    outDir: "../daytrader/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // everything is a file of this server: the content security policy admits nothing else
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200, // ECharts, which is loaded only where it is drawn
  },
  server: {
    proxy: {
      "/api": SERVER,
      "/swaggerui": SERVER,
      "/assets": SERVER,
      "/socket.io": { target: SERVER, ws: true },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
