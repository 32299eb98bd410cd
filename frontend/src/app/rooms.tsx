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

function mayManageWebhooks(me: Me): boolean {
  return me.permissions.includes("webhooks");
}

/** For those who see to it that everything runs. */
function mayKeepSystem(me: Me): boolean {
  return me.permissions.includes("system.read");
}

/** The rooms that not everybody may enter. */
export type ClosedRoom = "desk" | "webhooks" | "system";

export function mayEnter(me: Me, room: ClosedRoom): boolean {
  return { desk: mayUseDesk, webhooks: mayManageWebhooks, system: mayKeepSystem }[room](me);
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
  return all.filter(({ key }) =>
    key === "desk" || key === "webhooks" || key === "system" ? mayEnter(me, key) : true,
  );
}

export function homeOf(me: Me): string {
  return mayUseDesk(me) ? "/desk" : "/calls";
}
