import { Spin } from "antd";
import { lazy, type ReactNode, Suspense } from "react";
import { Navigate, Route, Routes } from "react-router";
import { useSession } from "@/components/session/session";
import { Boundary } from "./Boundary";
import { Closed } from "./Closed";
import { type ClosedRoom, homeOf, mayEnter } from "./rooms";
import { AppShell } from "./shell/AppShell";

const DeskPage = lazy(() => import("@/features/desk/DeskPage"));
const CallsPage = lazy(() => import("@/features/calls/CallsPage"));
const CallPage = lazy(() => import("@/features/calls/CallPage"));
const CustomersPage = lazy(() => import("@/features/customers/CustomersPage"));
const WebhooksPage = lazy(() => import("@/features/webhooks/WebhooksPage"));
const DeliveriesPage = lazy(() => import("@/features/webhooks/DeliveriesPage"));
const SystemPage = lazy(() => import("@/features/system/SystemPage"));
const TicketsPage = lazy(() => import("@/features/tickets/TicketsPage"));

const room = (screen: ReactNode) => (
  <Boundary>
    <Suspense fallback={<Spin delay={200} style={{ display: "block", paddingTop: 160 }} />}>
      {screen}
    </Suspense>
  </Boundary>
);

export function AppRoutes() {
  const { me } = useSession();
  const guarded = (key: ClosedRoom, screen: ReactNode) =>
    mayEnter(me, key) ? room(screen) : <Closed room={key} />;
  const home = <Navigate to={homeOf(me)} replace />;
  return (
    <Routes>
      <Route element={<AppShell />}>
        <Route path="/desk" element={guarded("desk", <DeskPage />)} />
        <Route path="/calls" element={room(<CallsPage />)} />
        <Route path="/calls/:id" element={room(<CallPage />)} />
        <Route path="/customers/:id?" element={room(<CustomersPage />)} />
        <Route path="/tickets/:id?" element={room(<TicketsPage />)} />
        <Route path="/webhooks/deliveries/:id?" element={guarded("webhooks", <DeliveriesPage />)} />
        <Route path="/webhooks/:id?" element={guarded("webhooks", <WebhooksPage />)} />
        <Route path="/system" element={guarded("system", <SystemPage />)} />
        <Route path="*" element={home} />
      </Route>
    </Routes>
  );
}
