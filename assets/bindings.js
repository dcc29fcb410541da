// Keeps the choices on a page and the address in step, so that a link shows what its sender saw.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;
  const TYPING_MS = 400; // text is written into the address once nobody types any more

  // A binding is {id, name, default, values, isText}; values null: any.
  const allows = ({ values }, value) => !values || values.includes(value);

  /** What the address says of a choice; its default where it says nothing or nonsense. */
  function meant(binding, choices) {
    const value = choices[binding.name];
    return value !== undefined && allows(binding, value) ? value : binding.default;
  }

  let typing = null;
  let typed = {}; // not yet in the address

  function write(how) {
    const choices = typed;
    typed = {};
    if (how === "amend") window.scconcepts.amend(choices);
    else window.scconcepts.navigate({ choices });
  }

  /** A choice was made -> the address. */
  functions.rememberChoices = (...args) => {
    const [bindings, selection] = args.slice(-2);
    const { triggered } = window.dash_clientside.callback_context;
    if (triggered.length !== 1 || !selection || !bindings) return keep();
    const [id] = triggered[0].prop_id.split(".");
    const binding = bindings.choices.find((candidate) => candidate.id === id);
    const value = triggered[0].value ?? "";
    if (!binding || selection.page !== bindings.page || selection.store !== bindings.store) {
      return keep();
    }
    const { choices } = window.scconcepts.here();
    if (!allows(binding, value) || value === (meant(binding, choices) ?? "")) return keep();
    const change = { [binding.name]: value === (binding.default ?? "") ? null : value };
    clearTimeout(typing);
    typed = { ...typed, ...change };
    if (binding.isText) typing = setTimeout(() => write("amend"), TYPING_MS);
    else write("navigate");
    return keep();
  };

  /** The address -> the choices, as after going back. */
  functions.recallChoices = (choices, selection, bindings, ...values) => {
    if (!bindings || selection?.page !== bindings.page || selection.store !== bindings.store) {
      return keep();
    }
    bindings.choices.forEach((binding, i) => {
      const value = meant(binding, choices);
      if (value === null || value === (values[i] ?? "")) return;
      window.dash_clientside.set_props(binding.id, { value });
    });
    return keep();
  };
})();
