import { Component, type ReactNode } from "react";
import { ErrorState } from "@/components/ui/ErrorState";

/** A fault in one screen leaves the others, and the presence bar, in use. */
export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return <ErrorState error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}
