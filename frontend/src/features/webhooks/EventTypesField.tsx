import { Button, Checkbox, Form, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import type { EventType } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import { ErrorState } from "@/components/ui/ErrorState";
import { useEventTypes } from "./useWebhooks";
import css from "./webhooks.module.css";

/** The types of events that there are, under the rooms whose they are. */
export function EventTypesField() {
  const { t } = useTranslation();
  const types = useEventTypes();
  return (
    <Form.Item
      name="event_types"
      label={t("webhooks.events")}
      rules={[{ required: true, type: "array", min: 1, message: t("webhooks.eventsNeeded") }]}
    >
      {types.data ? (
        <Choices types={types.data} />
      ) : types.error ? (
        <ErrorState error={types.error} onRetry={() => types.refetch()} />
      ) : (
        <Skeleton active />
      )}
    </Form.Item>
  );
}

interface ChoicesProps {
  types: EventType[];
  value?: string[];
  onChange?: (chosen: string[]) => void;
}

function Choices({ types, value = [], onChange }: ChoicesProps) {
  const { t } = useTranslation();
  const word = useWord();
  const rooms = [...new Set(types.map(({ room }) => room))];
  return (
    <div className={css.choices}>
      <div className={css.choicesHead}>
        <span className="figures">{t("webhooks.eventsOf", { count: value.length, all: types.length })}</span>
        <span>
          <Button type="link" size="small" onClick={() => onChange?.(types.map(({ type }) => type))}>
            {t("webhooks.all")}
          </Button>
          <Button type="link" size="small" onClick={() => onChange?.([])}>
            {t("webhooks.noEvents")}
          </Button>
        </span>
      </div>
      <Checkbox.Group value={value} onChange={(chosen) => onChange?.(chosen)}>
        {rooms.map((room) => (
          <section key={room} className={css.room} aria-label={word("eventRoom", room)}>
            <div className={css.roomName}>{word("eventRoom", room)}</div>
            {types
              .filter((each) => each.room === room)
              .map(({ type }) => (
                <Checkbox key={type} value={type} title={type} data-testid={`event-${type}`}>
                  {word("eventType", type)}
                </Checkbox>
              ))}
          </section>
        ))}
      </Checkbox.Group>
    </div>
  );
}
