import dayjs, { type Dayjs } from "dayjs";
import timezonePlugin from "dayjs/plugin/timezone";
import utc from "dayjs/plugin/utc";

dayjs.extend(utc);
dayjs.extend(timezonePlugin);

const WALL = "YYYY-MM-DDTHH:mm:ss";

/** A moment as the firm's clocks show it, for a picker, which knows no zones. */
export function wallOf(moment: number, timezone: string): Dayjs {
  return dayjs(dayjs(moment).tz(timezone).format(WALL));
}

/** The moment at which the firm's clocks show what a picker holds, in UTC. */
export function momentOf(wall: Dayjs, timezone: string): string {
  return dayjs.tz(wall.format(WALL), timezone).toISOString();
}
