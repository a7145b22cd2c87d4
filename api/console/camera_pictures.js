/* Pictures of cameras with their age: fetched only while they are seen, a few at a time, grey once they are old. */
"use strict";
const CameraPictures = (() => {
  const AT_ONCE = 4;
  const SOONEST_S = 3; // one wall does not ask more often, whatever a camera's interval is
  const STALE_INTERVALS = 2;
  const PATIENCE_MS = 8000;
  const LOST_MS = 5000; // five beats of the page
  const MOST_TRIES = 100;
  const STEPS = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];
  let words = {};
  let running = 0;
  let heardAt = performance.now();
  const all = new Set();

  /* The page's server speaks each second; without it nothing here is new, whatever its age. */
  const beat = () => { heardAt = performance.now(); };
  const lost = () => performance.now() - heardAt > LOST_MS;

  const fill = (text, n) => text.replace("{n}", n);
  /* "span_s" or "age_s" with its largest unit. */
  const lasting = (kind, seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const [unit, size] = STEPS.find(([, each]) => whole >= each) || STEPS[3];
    return fill(words[`${kind}_${unit}`] || "{n}", Math.floor(whole / size));
  };

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.target.cameraPicture.visible = entry.isIntersecting;
  }, { rootMargin: "150px" });

  const asData = (blob) => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });

  class Picture {
    /* box: an empty element; told: {url, every (s), why ("yes", or why there is none), name, once}. */
    constructor(box, told) {
      this.box = box;
      this.visible = false;
      this.askedAt = -Infinity;
      this.takenAt = null; // by performance.now(): no clock of the browser is trusted
      this.mark = "";
      this.why = "yet";
      this.image = Object.assign(document.createElement("img"), { hidden: true, decoding: "async", alt: "" });
      this.none = Object.assign(document.createElement("span"), { className: "eh-cam-none" });
      this.badge = Object.assign(document.createElement("span"), { className: "eh-cam-age", hidden: true });
      box.replaceChildren(this.image, this.none, this.badge);
      box.cameraPicture = this;
      this.tell(told);
      all.add(this);
      seen.observe(box);
    }

    tell(told) {
      const before = this.told;
      this.told = told;
      if (told.why !== before?.why) this.clear(told.why === "yes" ? "yet" : told.why);
      if (told.taken !== before?.taken) this.askedAt = -Infinity; // there is another one
      this.draw();
    }

    end() {
      all.delete(this);
      seen.unobserve(this.box);
    }

    clear(why) {
      this.why = why;
      this.takenAt = null;
      this.mark = "";
      this.image.hidden = true;
      this.image.removeAttribute("src");
    }

    due(now) {
      if (!this.visible || this.told.why !== "yes" || (this.told.once && this.takenAt !== null)) return false;
      return now - this.askedAt >= 1000 * Math.max(SOONEST_S, this.told.every / 2);
    }

    async ask(now) {
      this.askedAt = now;
      running += 1;
      try {
        const headers = this.mark ? { "If-None-Match": this.mark } : {};
        const answer = await fetch(this.told.url, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
        await this.take(answer);
      } catch {
        if (this.takenAt === null) this.clear("away"); // what stands there grows old by itself
      } finally {
        running -= 1;
        this.draw();
      }
    }

    async take(answer) {
      if (answer.ok) {
        const source = await asData(await answer.blob());
        if (this.told.why !== "yes") return;
        this.image.src = source;
        this.image.hidden = false;
        this.mark = answer.headers.get("ETag") || "";
      } else if (answer.status !== 304) {
        const none = { 403: "role", 404: "yet", 421: "there" }[answer.status];
        if (none || this.takenAt === null) this.clear(none || "away");
        return;
      }
      this.takenAt = performance.now() - 1000 * Number(answer.headers.get("Age") || 0);
      const taken = new Date(Date.now() - (performance.now() - this.takenAt));
      this.image.alt = words.alt.replace("{name}", this.told.name).replace("{time}", taken.toLocaleTimeString());
    }

    /* Seconds since it was taken; null without one. */
    age() {
      return this.takenAt === null ? null : (performance.now() - this.takenAt) / 1000;
    }

    draw() {
      const age = this.age();
      const old = age !== null && !this.told.still && (this.told.dead || lost() || age > STALE_INTERVALS * this.told.every);
      this.box.classList.toggle("eh-cam-old", old);
      this.badge.hidden = age === null;
      if (age !== null) set(this.badge, `${old ? `${words.old} · ` : ""}${lasting(this.told.still ? "age" : "span", age)}`);
      this.none.hidden = age !== null;
      if (age === null) set(this.none, words[this.why === "yet" && this.told.yet ? this.told.yet : `none_${this.why}`] || "");
    }
  }

  /* A text that did not change is not touched: nothing flickers, and no reader reads it again. */
  const set = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const look = () => {
    const now = performance.now();
    const banner = document.getElementById("camera-lost");
    if (banner) set(banner, lost() ? words.lost : "");
    for (const each of all) {
      if (each.attached && !each.box.isConnected && each.told.once) each.end();
      each.attached ||= each.box.isConnected;
      each.draw();
    }
    if (document.visibilityState !== "visible") return;
    const waiting = [...all].filter((each) => each.due(now)).sort((one, other) => one.askedAt - other.askedAt);
    for (const each of waiting.slice(0, Math.max(0, AT_ONCE - running))) each.ask(now).then(look);
  };
  setInterval(look, 1000);

  /* Pictures in boxes that a page has made, by their ids; a box that is not drawn yet waits for the next beat. */
  const show = (told) => {
    beat();
    for (const [id, each] of Object.entries(told)) {
      const box = document.getElementById(id);
      if (box?.cameraPicture) box.cameraPicture.tell(each);
      else if (box) new Picture(box, each);
    }
  };

  /* In a dialog that is being opened: its box comes in a moment, and goes with it. */
  const open = (told, tries = MOST_TRIES) => {
    const [id] = Object.keys(told);
    if (document.getElementById(id)) show(told);
    else if (tries) setTimeout(() => open(told, tries - 1), 50);
  };

  const begin = (told) => {
    words = told;
    beat();
  };

  return { Picture, beat, begin, lasting, look, lost, open, set, show };
})();
