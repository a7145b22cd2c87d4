/* Tones of gates by WebAudio: [hertz, start in s, length in s] each. Browsers are silent until somebody touches the page. */
"use strict";
const GateTones = (() => {
  const TONES = {
    pass: [[784, 0, 0.14], [1175, 0.15, 0.24]],
    stop: [[233, 0, 0.32], [185, 0.38, 0.5]],
    wait: [[523, 0, 0.22], [523, 0.34, 0.22]],
    again: [[440, 0, 0.1], [440, 0.18, 0.1], [440, 0.36, 0.1]],
    seen: [[660, 0, 0.1]],
    alert: [[988, 0, 0.16], [740, 0.2, 0.16], [988, 0.4, 0.16], [740, 0.6, 0.16]],
  };
  const KEY = "epihub_gate_muted";
  const LOUDNESS = 0.35;
  const SOON_MS = 200;
  let context = null;
  let changed = () => {};
  let shown = null;

  const muted = () => localStorage.getItem(KEY) === "1";
  const state = () => (muted() ? "off" : context && context.state === "running" ? "on" : "touch");

  const wake = () => {
    context ??= new AudioContext();
    context.onstatechange = () => changed();
    return context.state === "suspended" ? context.resume() : Promise.resolve();
  };

  const note = ([hertz, start, length]) => {
    const at = context.currentTime + start;
    const tone = context.createOscillator();
    const loud = context.createGain();
    tone.frequency.value = hertz;
    loud.gain.setValueAtTime(0, at);
    loud.gain.linearRampToValueAtTime(LOUDNESS, at + 0.01);
    loud.gain.setValueAtTime(LOUDNESS, at + length - 0.03);
    loud.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(loud).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
  };

  const running = () => context && context.state === "running";

  /* A tone that cannot begin at once is not played at all: later it would belong to nobody. */
  const play = async (name) => {
    if (muted()) return;
    if (!running()) await Promise.race([wake(), new Promise((enough) => setTimeout(enough, SOON_MS))]);
    if (running()) (TONES[name] || []).forEach(note);
  };

  /* By what was shown when the touch began: that touch itself may have woken the sound before its click is heard. */
  const toggle = () => {
    localStorage.setItem(KEY, (shown ?? state()) === "on" ? "1" : "0");
    shown = null;
    if (!muted()) wake();
    changed();
  };

  /* At once: for a screen that nobody touches, in a browser that was started so that it may sound by itself. */
  const begin = (whenChanged, { atOnce = false } = {}) => {
    changed = whenChanged;
    if (atOnce) wake();
    for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => {
      shown = state();
      if (!muted()) wake();
    }, { capture: true });
    changed();
  };

  return { begin, play, state, toggle };
})();
