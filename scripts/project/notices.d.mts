/** Types of notices.mjs for the tests. */
export function noticesText(): string;
