const markup = `
  <div class="card stack">
    <h2>Account</h2>
    <p>Signed in as <strong></strong> <span class="muted"></span></p>
    <p><button type="button" class="button">Sign out</button></p>
  </div>`;

class Account extends HTMLElement {
  static hostVersion = 1;

  /** @type {Host} */ host;

  connectedCallback() {
    this.innerHTML = markup;
    const { identity } = this.host;
    this.find("strong").textContent = identity?.name ?? "";
    this.find("span").textContent = identity?.email ?? "";
    this.find("button").addEventListener("click", () => this.signOut());
  }

  async signOut() {
    try {
      await this.host.api("/api/v1/auth/sign-out", { method: "POST" });
      await this.host.refresh();
    } catch (error) {
      this.host.notify(/** @type {Problem} */ (error).message, "error");
    }
  }

  /** @param {string} selector */
  find(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }
}

customElements.define("gestral-auth-account", Account);
