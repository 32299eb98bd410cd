/** The queues of the delivered menu, in the order people look for them. */
export const QUEUES = ["complaint", "repair", "inquiry", "operator"] as const;
