import { CustomerServiceOutlined, FileTextOutlined, PhoneOutlined, TeamOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import type { Me } from "@/components/api/types";

export interface RoomLink {
  key: "desk" | "calls" | "customers" | "tickets";
  icon: ReactNode;
}

/** The desk is for those who have a phone; the others read. */
export function mayUseDesk(me: Me): boolean {
  return Boolean(me.user.extension) && me.permissions.includes("desk");
}

export function roomsOf(me: Me): RoomLink[] {
  const all: RoomLink[] = [
    { key: "desk", icon: <CustomerServiceOutlined /> },
    { key: "calls", icon: <PhoneOutlined /> },
    { key: "customers", icon: <TeamOutlined /> },
    { key: "tickets", icon: <FileTextOutlined /> },
  ];
  return all.filter((link) => link.key !== "desk" || mayUseDesk(me));
}

export function homeOf(me: Me): string {
  return mayUseDesk(me) ? "/desk" : "/calls";
}
