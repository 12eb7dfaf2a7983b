import { toCsv } from "./csv";

/** Hand a file to the browser, which keeps it where it keeps downloads. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

/** Rows as a CSV file. */
export function saveCsv(name: string, rows: object[]): void {
  saveFile(name, new Blob([toCsv(rows)], { type: "text/csv" }));
}
