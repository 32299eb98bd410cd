import {
  ApiOutlined,
  CustomerServiceOutlined,
  DashboardOutlined,
  FileTextOutlined,
  PhoneOutlined,
  TeamOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import type { Me } from "@/components/api/types";

export interface RoomLink {
  key: "desk" | "calls" | "customers" | "tickets" | "webhooks" | "system";
  icon: ReactNode;
}

/** The desk is for those who have a phone; the others read. */
export function mayUseDesk(me: Me): boolean {
  return Boolean(me.user.extension) && me.permissions.includes("desk");
}

export function mayManageWebhooks(me: Me): boolean {
  return me.permissions.includes("webhooks");
}

/** For those who see to it that everything runs. */
export function mayKeepSystem(me: Me): boolean {
  return me.permissions.includes("system.read");
}

export function roomsOf(me: Me): RoomLink[] {
  const all: RoomLink[] = [
    { key: "desk", icon: <CustomerServiceOutlined /> },
    { key: "calls", icon: <PhoneOutlined /> },
    { key: "customers", icon: <TeamOutlined /> },
    { key: "tickets", icon: <FileTextOutlined /> },
    { key: "webhooks", icon: <ApiOutlined /> },
    { key: "system", icon: <DashboardOutlined /> },
  ];
  const closed = new Set([
    mayUseDesk(me) ? "" : "desk",
    mayManageWebhooks(me) ? "" : "webhooks",
    mayKeepSystem(me) ? "" : "system",
  ]);
  return all.filter((link) => !closed.has(link.key));
}

export function homeOf(me: Me): string {
  return mayUseDesk(me) ? "/desk" : "/calls";
}
