const markup = `
  <fieldset class="card stack">
    <legend><h2>Mail</h2></legend>
    <p class="muted">Mail about your account and its security always comes.</p>
    <div class="stack" data-topics></div>
  </fieldset>`;

class Preferences extends HTMLElement {
  static hostVersion = 1;

  /** @type {Host} */ host;

  async connectedCallback() {
    this.innerHTML = markup;
    try {
      const { topics } = await this.host.api("/api/v1/email/preferences");
      const list = /** @type {HTMLElement} */ (this.querySelector("[data-topics]"));
      for (const topic of topics) {
        list.append(this.choice(topic));
      }
      this.hidden = topics.length === 0;
    } catch (error) {
      this.tell(error);
    }
  }

  /** @param {{template: string, topic: string, wanted: boolean}} topic */
  choice({ template, topic, wanted }) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = wanted;
    box.addEventListener("change", async () => {
      box.disabled = true;
      try {
        await this.host.api(`/api/v1/email/preferences/${template}`, {
          method: "PUT",
          json: { wanted: box.checked },
        });
      } catch (error) {
        box.checked = !box.checked;
        this.tell(error);
      }
      box.disabled = false;
      box.focus();
    });
    label.append(box, ` ${topic}`);
    return label;
  }

  /** @param {unknown} error */
  tell(error) {
    this.host.notify(/** @type {Problem} */ (error).message, "error");
  }
}

customElements.define("gestral-email-preferences", Preferences);
