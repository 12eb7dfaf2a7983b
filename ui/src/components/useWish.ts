import { useRef } from "react";

/**
 * One key for one wish: pressing twice, or again after a lost answer, is the same wish and is carried out once. Other
 * values are another wish.
 */
export function useWish(): { key: (values: unknown) => string } {
  const made = useRef<{ of: string; key: string } | null>(null);
  return {
    key(values) {
      const of = JSON.stringify(values);
      if (made.current?.of !== of) made.current = { of, key: newKey() };
      return made.current.key;
    },
  };
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs a secure origin
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
