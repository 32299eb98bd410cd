import type { Pop } from "@/components/api/types";
import { CallerBand } from "./CallerBand";
import { CandidateBar } from "./CandidateBar";
import { Colleagues } from "./Colleagues";
import { CustomerPanel } from "./CustomerPanel";
import { NewCustomerForm } from "./NewCustomerForm";
import css from "./pop.module.css";
import { useCustomer } from "./useCustomer";
import { Warnings } from "./Warnings";
import { WhyBar } from "./WhyBar";

/** Who calls, why, and what there is already. Kept while hidden, so that half-written forms stay. */
export function PopPane({ pop, hidden }: { pop: Pop; hidden: boolean }) {
  const customer = useCustomer(pop);
  return (
    <div
      className={css.pop}
      hidden={hidden}
      data-testid={hidden ? undefined : "pop"}
      data-state={pop.state}
      data-call={pop.call_id}
    >
      <CallerBand pop={pop} customer={customer} />
      <WhyBar pop={pop} />
      <div className={css.scroll}>
        <Warnings pop={pop} />
        <Colleagues pop={pop} />
        {pop.candidates.length > 1 && <CandidateBar pop={pop} chosen={customer} />}
        {customer && <CustomerPanel customer={customer} crm={pop.crm} />}
        {pop.candidates.length === 0 && !customer && <NewCustomerForm pop={pop} />}
      </div>
    </div>
  );
}
