/**
 * Something that set-up can't do for the user. Its message is all that they are shown, so it names what is missing,
 * what was tried, and the exact command that mends it.
 */
export class SetupError extends Error {
  override name = "SetupError";
}

/** Several of them as one, so that a user learns of everything at once. */
export function together(errors: readonly SetupError[]): SetupError {
  const [only] = errors;
  if (errors.length === 1 && only) return only;
  const parts = errors.map(({ message }, index) => `${index + 1}. ${message.replaceAll("\n", "\n   ")}`);
  return new SetupError(`${errors.length} things are missing that podlab can't set up by itself:\n${parts.join("\n")}`);
}
