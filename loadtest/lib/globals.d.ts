// What k6 gives every script beside its modules, and its types leave out.
declare const console: {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
};
