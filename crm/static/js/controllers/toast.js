import { Controller } from "@hotwired/stimulus";

/** Milliseconds that a toast stays. */
const STAY = 8_000;

/** A toast leaves by itself, but never while somebody reads it or has the focus in it. */
export default class ToastController extends Controller {
  connect() {
    this.release();
  }

  disconnect() {
    this.hold();
  }

  hold() {
    clearTimeout(this.timer);
  }

  release() {
    this.hold();
    if (this.data.has("stays-value")) return;
    this.timer = setTimeout(() => this.close(), STAY);
  }

  close() {
    this.element.remove();
  }
}
