import { useQuery } from "@tanstack/react-query";

/** *text* as a QR code, drawn in this browser: the secret goes nowhere. */
export function QrCode({ text, className }: { text: string; className: string }) {
  const { data } = useQuery({
    queryKey: ["qr", text],
    queryFn: async () => (await import("uqr")).encode(text, { border: 0 }),
    staleTime: Infinity,
    gcTime: 0,
  });
  if (!data) return <div className={className} />;
  const path = data.data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : []))).join("");
  return (
    <svg className={className} viewBox={`0 0 ${data.size} ${data.size}`} role="img" aria-label="QR code of the secret below" shapeRendering="crispEdges">
      <path d={path} fill="#000" />
    </svg>
  );
}
