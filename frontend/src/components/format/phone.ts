const CHINA = "+86";

// Area codes of two digits after the 0: Beijing 10, and the 2x cities. All others have three.
const SHORT_AREA = /^(10|2\d)/;

function landline(national: string): string {
  const area = SHORT_AREA.test(national) ? national.slice(0, 2) : national.slice(0, 3);
  const rest = national.slice(area.length);
  return `0${area} ${rest.slice(0, -4)} ${rest.slice(-4)}`;
}

function national(digits: string): string {
  if (/^1[3-9]\d{9}$/.test(digits)) return `${digits.slice(0, 3)} ${digits.slice(3, 7)} ${digits.slice(7)}`;
  if (/^[48]00\d{7}$/.test(digits)) return `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
  if (/^[2-9]\d{8,10}$|^10\d{8}$/.test(digits)) return landline(digits);
  return digits;
}

/** A number as people read it aloud: 138 0013 8000, 020 8888 6666, 400 810 0000, +1 415… as it came. */
export function formatPhone(e164: string | null | undefined, raw = ""): string {
  if (e164?.startsWith(CHINA)) return national(e164.slice(CHINA.length));
  return e164 || raw;
}
