import { useDesk, useSelectedPop } from "./desk";
import css from "./deskPage.module.css";
import { EmptyPop } from "./EmptyPop";
import { PopList } from "./PopList";
import { PopPane } from "./PopPane";
import { QueuePanel } from "./QueuePanel";
import { WorkPane } from "./WorkPane";

/** Calls and queues left, the caller in the middle, the work right. The three places are there before a call
 *  comes, so that nothing moves when it does. */
export default function DeskPage() {
  const { pops } = useDesk().state;
  const selected = useSelectedPop();
  return (
    <div className={css.desk}>
      <div className={css.left}>
        <PopList />
        <QueuePanel />
      </div>
      <section className={css.pane} data-testid="pop-pane">
        {pops.map((pop) => (
          <PopPane key={pop.call_id} pop={pop} hidden={pop !== selected} />
        ))}
        {!selected && <EmptyPop />}
      </section>
      <section className={css.work}>
        {pops.map((pop) => (
          <WorkPane key={pop.call_id} pop={pop} hidden={pop !== selected} />
        ))}
        {!selected && <WorkPane pop={null} hidden={false} />}
      </section>
    </div>
  );
}
