// The browser's side. Every page works without it; each module below saves a trip or a slip.

import { Application } from "@hotwired/stimulus";
import ArrangeController from "./controllers/arrange.js";
import BoardController from "./controllers/board.js";
import CounterController from "./controllers/counter.js";
import DraftController from "./controllers/draft.js";
import EntriesController from "./controllers/entries.js";
import GuardController from "./controllers/guard.js";
import MappingController from "./controllers/mapping.js";
import PickerController from "./controllers/picker.js";
import SelectionController from "./controllers/selection.js";
import ToastController from "./controllers/toast.js";
import "./requests.js";
import "./sending.js";
import "./dialogs.js";
import "./keys.js";
import "./live.js";
import "./palette.js";
import "./printing.js";
import "./tabs.js";
import "./themes.js";
import { forgetWhatArrived } from "./drafts.js";

const stimulus = Application.start();
stimulus.register("arrange", ArrangeController);
stimulus.register("board", BoardController);
stimulus.register("counter", CounterController);
stimulus.register("draft", DraftController);
stimulus.register("entries", EntriesController);
stimulus.register("guard", GuardController);
stimulus.register("mapping", MappingController);
stimulus.register("picker", PickerController);
stimulus.register("selection", SelectionController);
stimulus.register("toast", ToastController);

forgetWhatArrived();

// A refused form says so first: the summary over it has the focus.
const summary = document.querySelector("[data-summary]");
if (summary instanceof HTMLElement) summary.focus();
