/** Opens after a row of failures, lets one probe through after a pause, and closes when the probe succeeds. */
export class CircuitBreaker {
  #failures = 0;
  #openedAt = 0;
  #probing = false;

  constructor({ threshold = 5, pauseMs = 1000 } = {}) {
    this.threshold = threshold;
    this.pauseMs = pauseMs;
  }

  /** True when the next call may go to Redis. */
  permits() {
    if (this.#failures < this.threshold) return true;
    if (this.#probing || Date.now() - this.#openedAt < this.pauseMs) return false;
    this.#probing = true;
    return true;
  }

  succeeded() {
    this.#failures = 0;
    this.#probing = false;
  }

  failed() {
    this.#failures += 1;
    this.#openedAt = Date.now();
    this.#probing = false;
  }
}
