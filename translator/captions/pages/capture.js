// Runs beside the page's own thread: makes frames of 100 ms at 16 kHz, 16 bits, of what the microphone
// hears. A browser that cannot record at 16 kHz gives more samples; they are averaged.

const RATE = 16_000;
const FRAME = 1_600;

class Capture extends AudioWorkletProcessor {
  #frame = new Int16Array(FRAME);
  #filled = 0;
  #peak = 0;
  #sum = 0;
  #count = 0;
  #phase = 0; // of the next sample at 16 kHz, from 0 to 1

  process([channels]) {
    const [first] = channels;
    if (!first) return true;
    for (let index = 0; index < first.length; index += 1) {
      let value = 0;
      for (const channel of channels) value += channel[index] / channels.length;
      this.#sum += value;
      this.#count += 1;
      this.#phase += RATE / sampleRate;
      if (this.#phase >= 1 - 1e-9) {
        this.#phase -= 1;
        this.#add(this.#sum / this.#count);
        this.#sum = this.#count = 0;
      }
    }
    return true;
  }

  #add(value) {
    const sample = Math.max(-1, Math.min(1, value));
    this.#peak = Math.max(this.#peak, Math.abs(sample));
    this.#frame[this.#filled] = Math.round(sample * 32_767);
    this.#filled += 1;
    if (this.#filled < FRAME) return;
    this.port.postMessage({ samples: this.#frame, peak: this.#peak });
    this.#frame = new Int16Array(FRAME);
    this.#filled = this.#peak = 0;
  }
}

registerProcessor('capture', Capture);
