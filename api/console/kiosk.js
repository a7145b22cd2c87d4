/* The screen at a gate: shows what the feed says, goes blank by itself, and says when it hears nothing. */
"use strict";
const LOST_MS = 3000; // three beats of the feed; with the look every half second it is told within 4 s
const LOOK_MS = 500;
const OPEN_AGAIN_MS = 6000; // a feed that is silent for so long is opened anew
const LANGUAGES = ["vi", "en"];

const body = document.body;
const part = (id) => document.getElementById(id);
const lost = JSON.parse(part("lost").textContent);
let standing = JSON.parse(part("ready").textContent);
let screenUntil = 0;
let heardAt = performance.now();
let openedAt = 0;
let feed = null;

const show = (told) => {
  for (const language of LANGUAGES) {
    part(`word-${language}`).textContent = told.word[language];
    part(`hint-${language}`).textContent = told.hint[language];
  }
  part("who").textContent = told.who ? told.who.vi : "";
  body.dataset.face = told.face;
};

const stand = () => {
  screenUntil = 0;
  if (body.dataset.face !== standing.face || part("who").textContent) show(standing);
};

const heardScreen = (event) => {
  const told = JSON.parse(event.data);
  heardAt = performance.now();
  screenUntil = heardAt + told.left_ms;
  show(told);
  GateTones.play(told.face);
};

const heardBeat = (event) => {
  const told = JSON.parse(event.data);
  heardAt = performance.now();
  if (told.version !== body.dataset.version) return void location.reload();
  standing = told;
  part("clock").textContent = told.clock;
  part("note").textContent = LANGUAGES.map((language) => told.note[language]).filter(Boolean).join(" · ");
  if (standing.face === "edge" || heardAt >= screenUntil) stand();
};

const open = () => {
  feed?.close();
  openedAt = performance.now();
  feed = new EventSource(body.dataset.feed);
  feed.addEventListener("screen", heardScreen);
  feed.addEventListener("beat", heardBeat);
  feed.addEventListener("leave", () => location.reload());
};

/* Signed out, the page itself answers with the form for a key; a server that is away answers nothing. */
const openAgain = async () => {
  openedAt = performance.now();
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(LOST_MS) });
    if (answer.redirected) return void location.reload();
    open();
  } catch {
    openedAt = performance.now();
  }
};

const look = () => {
  const now = performance.now();
  if (now - heardAt > LOST_MS) {
    standing = lost;
    part("clock").textContent = part("note").textContent = "";
    stand();
    if (now - Math.max(heardAt, openedAt) > OPEN_AGAIN_MS || (feed.readyState === 2 && now - openedAt > 1000)) openAgain();
  } else if (screenUntil && now >= screenUntil) stand();
};

const soundShown = () => {
  const state = GateTones.state();
  part("sound").textContent = part("sound").dataset[state];
  part("sound").dataset.state = state;
  part("sound").setAttribute("aria-pressed", String(state === "on"));
};

const themed = (light) => {
  body.classList.toggle("k-light", light);
  body.classList.toggle("k-dark", !light);
  part("theme").textContent = part("theme").dataset[light ? "dark" : "light"];
  localStorage.setItem("epihub_kiosk_light", light ? "1" : "0");
};

const stayAwake = () => {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
};

part("sound").addEventListener("click", () => GateTones.toggle());
part("theme").addEventListener("click", () => themed(!body.classList.contains("k-light")));
part("full").addEventListener("click", () =>
  document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
document.addEventListener("visibilitychange", stayAwake);
themed(localStorage.getItem("epihub_kiosk_light") === "1");
GateTones.begin(soundShown, { atOnce: true });
stayAwake();
open();
setInterval(look, LOOK_MS);
