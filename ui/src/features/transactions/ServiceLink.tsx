import { Link } from "@tanstack/react-router";

import type { Service } from "@/lib/api/schema";

/** The service that a row is of. */
export function ServiceLink({ id, services }: { id: number; services: Service[] }) {
  return (
    <Link to="/services/$serviceId" params={{ serviceId: String(id) }} className="numeric">
      {services.find((service) => service.id === id)?.name ?? `Service ${id}`}
    </Link>
  );
}
