// What a script in the browser or in bin/ must not do. Layout is prettier's, types are tsc's.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["crm/static/built/**", "node_modules/**", ".venv/**", "site/**"] },
  js.configs.recommended,
  {
    files: ["crm/static/js/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-alert": "error",
      "no-console": "error",
      "no-var": "error",
      "prefer-const": "error",
      complexity: ["error", 12],
    },
  },
  { files: ["bin/*.mjs", "*.mjs"], languageOptions: { globals: globals.node } },
];
