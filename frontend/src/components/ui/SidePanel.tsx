import { Drawer, type DrawerProps } from "antd";
import css from "./sidePanel.module.css";

/** A record beside its list. It leaves the list and the presence bar in reach: an agent must be able to go
 *  ready, or see a call ring, with a record open. */
export function SidePanel(props: DrawerProps) {
  return (
    <Drawer mask={false} rootClassName={css.root} rootStyle={{ top: 56 }} push={false} keyboard {...props} />
  );
}
