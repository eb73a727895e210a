// The stylesheet's rules: the platform only, colours from the tokens, order of layers as written.
export default {
  extends: ["stylelint-config-standard"],
  ignoreFiles: ["crm/static/built/**"],
  rules: {
    // Block__element--modifier as the design writes it: .btn--primary
    "selector-class-pattern": "^[a-z0-9]+(-{1,2}[a-z0-9]+)*$",
    // A component's states stand together, whatever their weight: layers decide what wins
    "no-descending-specificity": null,
    // oklch(0.372 0.104 340) as the design's table lists it
    "lightness-notation": "number",
    "hue-degree-notation": "number",
    "alpha-value-notation": "number",
    "value-keyword-case": [
      "lower",
      { camelCaseSvgKeywords: true, ignoreProperties: ["/^--font-/", "text-rendering"] },
    ],
    // A colour is a token: literal ones stand in tokens.css only
    "declaration-property-value-disallowed-list": { "/color$|^fill$|^stroke$/": ["/#[0-9a-f]{3,8}/"] },
    "custom-property-empty-line-before": null,
    "declaration-empty-line-before": null,
    "rule-empty-line-before": null,
    "at-rule-empty-line-before": null,
    "comment-empty-line-before": null,
    "import-notation": "url",
    "no-invalid-position-at-import-rule": null,
  },
};
